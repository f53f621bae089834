/** One system call as a filter sees it. */
export interface FilteredCall {
  readonly arch: number;
  readonly number: number;
  readonly args?: readonly bigint[];
}

/**
 * Runs a seccomp filter in classic BPF over one call, as the kernel does (net/core/filter.c, seccomp(2)), and gives its
 * SECCOMP_RET_* value. Throws for an instruction that the kernel would refuse.
 */
export function runFilter(filter: Uint8Array, call: FilteredCall): number {
  const program = new DataView(filter.buffer, filter.byteOffset, filter.byteLength);
  const data = new DataView(new ArrayBuffer(64));
  data.setUint32(0, call.number >>> 0, true);
  data.setUint32(4, call.arch, true);
  (call.args ?? []).forEach((value, index) => data.setBigUint64(16 + index * 8, value, true));
  let accumulator = 0;
  for (let at = 0; at < filter.length / 8; at++) {
    const code = program.getUint16(at * 8, true);
    const operand = program.getUint32(at * 8 + 4, true);
    const jump = (taken: boolean): void => {
      at += program.getUint8(at * 8 + (taken ? 2 : 3));
    };
    switch (code) {
      case 0x20:
        accumulator = data.getUint32(operand, true);
        break;
      case 0x54:
        accumulator = (accumulator & operand) >>> 0;
        break;
      case 0x05:
        at += operand;
        break;
      case 0x15:
        jump(accumulator === operand);
        break;
      case 0x25:
        jump(accumulator > operand);
        break;
      case 0x35:
        jump(accumulator >= operand);
        break;
      case 0x45:
        jump((accumulator & operand) !== 0);
        break;
      case 0x06:
        return operand;
      default:
        throw new Error(`instruction ${at} has code 0x${code.toString(16)}`);
    }
  }
  throw new Error("the filter ends without a return");
}
