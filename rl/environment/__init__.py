"""The environment of the risk adjuster: accounts on the kernel, what a step pays, and tapes of proposals to learn on."""
