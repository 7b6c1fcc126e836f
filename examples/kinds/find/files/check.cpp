// The judge has testlib's `yesno` built in; this stands where a package has a copy of it.
