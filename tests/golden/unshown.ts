/** Parts of golden shapes that no answer of Berth has, and why. */
export const unshown: readonly { readonly parts: RegExp; readonly reason: string }[] = [
  {
    parts: /HostConfig\.(Links\[\]|DeviceRequests\[\]|StorageOpt\.\*|BlkioWeightDevice\[\]\.(Path|Weight))$/,
    reason:
      "the test asks for no links; device requests and size limits of the writable layer are refused; weights are discarded where the kernel has no file for them",
  },
  {
    parts: /Mounts\[\]\.(BindOptions\.ReadOnly|VolumeOptions\.(Subpath|DriverConfig\.Options)|ImageOptions|TmpfsOptions\.Options)/,
    reason: "these mount options are refused",
  },
  {
    parts: /\.Networks\.\*\.(IPAMConfig\.(IPv6Address|LinkLocalIPs)|Links|Aliases\[\]|DriverOpts|DNSNames)/,
    reason: "IPv6, aliases, links and drivers' options of endpoints are refused, and names are not resolved",
  },
  { parts: /\.Secondary(IPAddresses|IPv6Addresses)\[\]/, reason: "Docker never sets them either" },
  {
    parts: /\.(ImageManifestDescriptor|Manifests\[\])$|^GET \/images\/json \[\]\.Descriptor$/,
    reason: "only with containerd's image store",
  },
  { parts: /wait \.Error\.Message$/, reason: "set when waiting fails after the headers are sent" },
  { parts: /RepoDigests\[\]$/, reason: "the test's images come from archives, not from a registry" },
  { parts: /\.ContainerConfig\./, reason: "the container that an image was committed from; loaded images have none" },
  {
    parts: /images\/.*(\.Config\.(ArgsEscaped|NetworkDisabled|MacAddress|StopTimeout)|\.Variant|\.OsVersion)$/,
    reason: "the test's images have none",
  },
  {
    parts: /^POST \/images\/load (\.(status|id|progress|aux)|\.progressDetail\..*|\.errorDetail\.code)$/,
    reason: "pull and push, and load of Docker, tell each layer's progress",
  },
  {
    parts: /^GET \/networks.*(IPAM\.Options\.\*|Peers|Services)/,
    reason: "options of the address driver are refused; swarm networks only",
  },
  {
    parts: /volumes.*\.(ClusterVolume|Options\.\*|Status\.\*|UsageData\..*|Warnings\[\])$/,
    reason: "cluster volumes, options of drivers, and sizes are not there",
  },
  { parts: /^GET \/info \.(Swarm|GenericResources)/, reason: "not in a swarm" },
  {
    parts:
      /^GET \/info \.(Plugins\.Auth|RegistryConfig\.Allow|Runtimes|ProductLicense|DefaultAddressPools|FirewallBackend\.Info|CDISpecDirs|DiscoveredDevices|Containerd$)/,
    reason: "no plugins, licence, pools, containerd nor CDI; runtimes are told by path",
  },
  { parts: /^GET \/version \.Experimental$/, reason: "left out when it is false" },
  {
    parts: /stats \.blkio_stats\.(io_(queue|service_time|wait_time|merged|time)|sectors)_recursive\[\]\./,
    reason: "only kernels before 5.0 count these",
  },
  { parts: /stats \.memory_stats\.failcnt$/, reason: "left out when it is zero" },
  { parts: /^GET \/plugins \[\]$/, reason: "there are no plugins" },
  { parts: /change \.Warnings\[\]$/, reason: "limits that the test's kernel can hold warn of nothing" },
];
