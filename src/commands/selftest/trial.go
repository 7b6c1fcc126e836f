package main

import (
	"bytes"
	"fmt"
)

func main() {
	var n int
	fmt.Scan(&n)
	if n < 0 {
		panic("below zero")
	}
	var kept [][]byte
	for n == 0 && len(kept) < 4096 {
		kept = append(kept, bytes.Repeat([]byte{1}, 1<<20))
	}
	fmt.Println(2*n + len(kept))
}
