//! Doubles a number; panics below zero; at zero takes what memory there is.

use std::io::Read;

fn main() {
    let mut text = String::new();
    std::io::stdin().read_to_string(&mut text).expect("input");
    let n: i32 = text.trim().parse().expect("a number");
    assert!(n >= 0, "below zero");
    let mut kept = Vec::new();
    while n == 0 && kept.len() < 4096 {
        kept.push(vec![1u8; 1 << 20]);
    }
    println!("{}", 2 * n + kept.len() as i32);
}
