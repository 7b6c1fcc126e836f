long long largest_gap(int n, const long long *a);
