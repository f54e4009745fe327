import { BlockList, isIPv4, isIPv6 } from "node:net";

/**
 * IPv4 networks that are not the public internet: IANA's special-purpose registry, multicast and what is reserved.
 * 169.254.0.0/16 holds the metadata services of the clouds, 100.64.0.0/10 those of some and carriers' own networks.
 */
const closed4: readonly (readonly [string, number])[] = [
  ["0.0.0.0", 8],
  ["10.0.0.0", 8],
  ["100.64.0.0", 10],
  ["127.0.0.0", 8],
  ["169.254.0.0", 16],
  ["172.16.0.0", 12],
  ["192.0.0.0", 24],
  ["192.0.2.0", 24],
  ["192.88.99.0", 24],
  ["192.168.0.0", 16],
  ["198.18.0.0", 15],
  ["198.51.100.0", 24],
  ["203.0.113.0", 24],
  ["224.0.0.0", 4],
  ["240.0.0.0", 4],
];

/**
 * Of IPv6 only global unicast is public; inside it these are not: protocol assignments with Teredo and ORCHID, 6to4
 * (which carries any IPv4 address), documentation. Mapped and translated IPv4 (::ffff:0:0/96, 64:ff9b::/96 and /48),
 * loopback, unique local, link local and multicast lie outside it.
 */
const closed6: readonly (readonly [string, number])[] = [
  ["2001::", 23],
  ["2001:db8::", 32],
  ["2002::", 16],
  ["3fff::", 20],
];

const closed = new BlockList();
for (const [network, bits] of closed4) closed.addSubnet(network, bits, "ipv4");
for (const [network, bits] of closed6) closed.addSubnet(network, bits, "ipv6");
const open6 = new BlockList();
open6.addSubnet("2000::", 3, "ipv6");

/** Whether an address belongs to the public internet. Text that is no address does not. */
export function isPublicAddress(address: string): boolean {
  if (isIPv4(address)) return !closed.check(address, "ipv4");
  // A zone names an interface of this machine.
  if (!isIPv6(address) || address.includes("%")) return false;
  return open6.check(address, "ipv6") && !closed.check(address, "ipv6");
}
