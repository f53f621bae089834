export { type CgroupsUnderTest, cgroupsContract } from "./cgroups-contract.ts";
export { createFakeCgroupTree, type FakeCgroupTree } from "./fake-cgroups.ts";
export { inPrivateNetwork } from "./private-network.ts";
export { type FilteredCall, runFilter } from "./run-filter.ts";
