export { inPrivateNetwork } from "./private-network.ts";
