"""The sections of a profile: one file each, named as the section is."""
