#!/bin/sh
# Runs at each start of the machine, as root: an engine, the data disk, and no secret. Keys are put there by hand (docs/deploy.md).
set -eu
disk=/dev/disk/by-id/google-tribunal-data
if ! blkid "$disk" >/dev/null 2>&1; then
    mkfs.ext4 -q -L tribunal-data "$disk"
fi
mkdir -p /srv/tribunal
grep -q 'LABEL=tribunal-data' /etc/fstab || echo 'LABEL=tribunal-data /srv/tribunal ext4 defaults,nofail 0 2' >> /etc/fstab
mountpoint -q /srv/tribunal || mount /srv/tribunal
if ! command -v podman >/dev/null; then
    apt-get update -qq
    DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends podman podman-compose chrony git
fi
