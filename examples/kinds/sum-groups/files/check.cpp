// The judge has testlib's `ncmp` built in; this stands where a package has a copy of it.
