import { expect, test } from "bun:test";
import { broadcastOf, formatAddress, formatMac, packAddress, packMac } from "./address.ts";
import { NLM_F_ACK_TLVS, NLM_F_CAPPED, NLMSG_ERROR, NLMSGERR_ATTR_MSG } from "./constants.ts";
import { addressInfo, interfaceInfo, MessageBuilder, routeInfo } from "./message.ts";
import { parseAcknowledgement, parseAttributes, parseMessages, textOf, u32Of } from "./parse.ts";

test("a message is header, fixed part and padded attributes", () => {
  const bytes = new MessageBuilder(16, 0x605).fixed(new Uint8Array(16)).string(3, "br0").u32(4, 1500).finish(7);
  expect(Buffer.from(bytes).toString("hex")).toBe(
    `${"30000000"}${"1000"}${"0506"}${"07000000"}${"00000000"}${"00".repeat(16)}${"0800"}${"0300"}${"62723000"}${"0800"}${"0400"}${"dc050000"}`,
  );
});

test("what was built is parsed again, nested attributes too", () => {
  const bytes = new MessageBuilder(16, 1)
    .nest(18, (info) => info.string(1, "veth").nest(2, (data) => data.u32(9, 42)))
    .bytes(1, new Uint8Array([1, 2, 3, 4, 5]))
    .finish(3);
  const [message] = parseMessages(bytes);
  const attributes = parseAttributes(message?.payload ?? new Uint8Array());
  const info = parseAttributes(attributes.get(18) ?? new Uint8Array());
  expect(message?.sequence).toBe(3);
  expect(textOf(info.get(1) ?? new Uint8Array())).toBe("veth");
  expect(u32Of(parseAttributes(info.get(2) ?? new Uint8Array()).get(9))).toBe(42);
  expect([...(attributes.get(1) ?? [])]).toEqual([1, 2, 3, 4, 5]);
});

test("a message grows past its first buffer", () => {
  const long = new Uint8Array(3000).fill(7);
  const [message] = parseMessages(new MessageBuilder(16, 1).bytes(1, long).u32(2, 9).finish(1));
  const attributes = parseAttributes(message?.payload ?? new Uint8Array());
  expect(attributes.get(1)).toEqual(long);
  expect(u32Of(attributes.get(2))).toBe(9);
});

test("cut and absurd lengths end the parsing", () => {
  const bytes = new MessageBuilder(16, 1).u32(1, 1).finish(1);
  expect(parseMessages(bytes.subarray(0, bytes.length - 1))).toEqual([]);
  expect(parseMessages(new Uint8Array(16))).toEqual([]);
  expect(parseAttributes(new Uint8Array([2, 0, 1, 0, 9, 9])).size).toBe(0);
  expect(parseAttributes(new Uint8Array([200, 0, 1, 0, 9, 9])).size).toBe(0);
});

/** An NLMSG_ERROR as the kernel sends it. */
function refusal(options: { readonly flags: number; readonly requestBytes: number; readonly words: string | null }): Uint8Array {
  const head = new Uint8Array(20);
  const view = new DataView(head.buffer);
  view.setInt32(0, -17, true);
  view.setUint32(4, options.requestBytes, true);
  const whole = (options.flags & NLM_F_CAPPED) === 0;
  const builder = new MessageBuilder(NLMSG_ERROR, options.flags).fixed(head);
  if (whole) builder.fixed(new Uint8Array(options.requestBytes - 16));
  if (options.words !== null) builder.string(NLMSGERR_ATTR_MSG, options.words);
  return builder.finish(1);
}

test.each([
  { flags: NLM_F_CAPPED | NLM_F_ACK_TLVS, requestBytes: 64, words: "Nexthop has invalid gateway" },
  { flags: NLM_F_ACK_TLVS, requestBytes: 62, words: "Name taken" },
  { flags: NLM_F_CAPPED, requestBytes: 64, words: null },
])("a refusal tells errno and the kernel's words: %o", (options) => {
  const [message] = parseMessages(refusal(options));
  expect(message === undefined ? null : parseAcknowledgement(message)).toEqual({ errno: 17, message: options.words });
});

test.each([
  ["10.1.2.3", "0a010203"],
  ["::", "0".repeat(32)],
  ["::1", `${"0".repeat(31)}1`],
  ["2001:db8::ff00:42:8329", "20010db8000000000000ff0000428329"],
  ["fe80:1:2:3:4:5:6:7", "fe800001000200030004000500060007"],
])("address %s", (text, hex) => {
  const packed = packAddress(text);
  expect(Buffer.from(packed).toString("hex")).toBe(hex);
  expect(formatAddress(packed)).toBe(text);
});

test("an IPv4 address inside an IPv6 one", () => {
  expect(Buffer.from(packAddress("::ffff:1.2.3.4")).toString("hex")).toBe("00000000000000000000ffff01020304");
});

test.each(["", "1.2.3", "1.2.3.256", "nope", "fe80::1%eth0", "1:2"])("%p is no address", (text) => {
  expect(() => packAddress(text)).toThrow("invalid IP address");
});

test("MAC and broadcast addresses", () => {
  expect(formatMac(packMac("02:42:AC:11:00:02"))).toBe("02:42:ac:11:00:02");
  expect(() => packMac("zz:42:00:00:00:99")).toThrow("address zz:42:00:00:00:99: invalid MAC address");
  const broadcast = (text: string, prefixLength: number): string | null => {
    const bytes = broadcastOf(packAddress(text), prefixLength);
    return bytes === null ? null : formatAddress(bytes);
  };
  expect(broadcast("172.17.0.2", 16)).toBe("172.17.255.255");
  expect(broadcast("192.168.5.9", 20)).toBe("192.168.15.255");
  expect(broadcast("10.0.0.1", 31)).toBeNull();
});

test("fixed parts have the sizes of the kernel's structures", () => {
  expect(interfaceInfo({ index: -1, flags: 1, change: 1 })).toEqual(
    new Uint8Array([0, 0, 0, 0, 255, 255, 255, 255, 1, 0, 0, 0, 1, 0, 0, 0]),
  );
  expect(addressInfo({ family: 2, prefixLength: 16, index: 5 })).toEqual(new Uint8Array([2, 16, 0, 0, 5, 0, 0, 0]));
  expect(routeInfo({ family: 2, prefixLength: 0, table: 254, protocol: 3, scope: 0, type: 1 })).toEqual(
    new Uint8Array([2, 0, 0, 0, 254, 3, 0, 1, 0, 0, 0, 0]),
  );
});
