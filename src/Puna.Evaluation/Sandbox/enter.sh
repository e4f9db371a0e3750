# Run as the first process of new namespaces, as their root: builds a file system that holds nothing but what is named,
# leaves the old one, gives every capability up, sets the limits, and becomes the program.
# $1 bytes of the writable folder, $2 number of its files, $3 cpu seconds, $4 bytes of address space or "unlimited",
# $5 bytes of private memory, $6 processes, $7 bytes of a file, $8 open files, $9 folders to show, parted by ":", then "--", the environment, "--", the program.
set -eu
box_bytes=$1 box_files=$2 cpu=$3 space=$4 data=$5 processes=$6 file_bytes=$7 files=$8 shown=$9
shift 10
root=/tmp
mount -t tmpfs -o size=1m,nr_inodes=512,mode=755,nosuid,nodev none $root
mkdir $root/proc $root/dev $root/box $root/old $root/etc
IFS=:
for folder in $shown; do
    if [ -L "$folder" ]; then ln -s "$(readlink "$folder")" "$root$folder"
    elif [ -d "$folder" ]; then
        mkdir -p "$root$folder"
        mount --bind "$folder" "$root$folder"
        mount -o remount,bind,ro,nosuid,nodev "$root$folder"
    fi
done
unset IFS
ln -s box $root/tmp
mount -t proc -o nosuid,nodev,noexec none $root/proc
for device in null zero urandom; do
    : > $root/dev/$device
    mount --bind /dev/$device $root/dev/$device
done
mount -t tmpfs -o size="$box_bytes",nr_inodes="$box_files",mode=755,nosuid,nodev none $root/box
cd $root
pivot_root . old
cd /
umount -l /old
rmdir /old
mount -o remount,bind,ro,nosuid,nodev /
echo 0 > /proc/sys/user/max_user_namespaces
cd /box
exec setpriv --no-new-privs --bounding-set=-all --inh-caps=-all prlimit --cpu="$cpu" --as="$space" --data="$data" --nproc="$processes" --fsize="$file_bytes" --nofile="$files" --core=0 --memlock=0 --msgqueue=0 env -i "$@"
