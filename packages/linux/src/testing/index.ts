export { type CgroupsUnderTest, cgroupsContract } from "./cgroups-contract.ts";
export { createFakeCgroupTree, type FakeCgroupTree } from "./fake-cgroups.ts";
export { inPrivateNetwork } from "./private-network.ts";
export { type FilteredCall, runFilter } from "./run-filter.ts";
export { createFakeKernel, type FakeKernel, type KernelCall } from "./fake-kernel/create-fake-kernel.ts";
export { kernelContract, type KernelUnderTest } from "./kernel-contract.ts";
export * from "./datagram-receiver.ts";
