/** Addresses and networks as the gateway reads them: `203.0.113.7`, `203.0.113.0/24`, `2001:db8::/32`. */
export interface Network {
  version: 4 | 6
  /** Its first address, as a number. */
  first: bigint
  /** How many bits are its own. */
  prefix: number
}

const BITS = { 4: 32, 6: 128 } as const

/** Null for what is neither an address nor a network. An address is the network that holds it alone. */
export function readNetwork(text: string): Network | null {
  const [address = '', prefix, ...rest] = text.trim().split('/')
  const read = readFour(address) ?? readSix(address)
  if (!read || rest.length) return null
  const bits = BITS[read.version]
  if (prefix === undefined) return plain({ ...read, prefix: bits })
  if (!/^\d{1,3}$/.test(prefix) || Number(prefix) > bits) return null
  const open = BigInt(bits - Number(prefix))
  return plain({ version: read.version, first: (read.first >> open) << open, prefix: Number(prefix) })
}

/** An IPv4 address that is written as IPv6 (`::ffff:203.0.113.7`) is the same address. */
function plain(network: Network): Network {
  const mapped = network.version === 6 && network.prefix >= 96 && network.first >> 32n === 0xffffn
  return mapped ? { version: 4, first: network.first & 0xffff_ffffn, prefix: network.prefix - 96 } : network
}

export const isOneAddress = (network: Network): boolean => network.prefix === BITS[network.version]
/** Whether all of `inner` lies in `outer`. */
export function holds(outer: Network, inner: Network): boolean {
  if (outer.version !== inner.version || inner.prefix < outer.prefix) return false
  const open = BigInt(BITS[outer.version] - outer.prefix)
  return outer.first >> open === inner.first >> open
}

/** How many addresses it has; null when they are too many to be counted in words. */
export function sizeOf(network: Network): number | null {
  const open = BITS[network.version] - network.prefix
  return open > 32 ? null : 2 ** open
}

type Address = Pick<Network, 'version' | 'first'>

function readFour(text: string): Address | null {
  const parts = text.split('.')
  if (parts.length !== 4 || !parts.every((part) => /^(0|[1-9]\d{0,2})$/.test(part) && Number(part) < 256)) return null
  return { version: 4, first: parts.reduce((sum, part) => sum * 256n + BigInt(part), 0n) }
}

function readSix(text: string): Address | null {
  const halves = text.split('::')
  if (!text.includes(':') || halves.length > 2) return null
  const [left, right] = halves.map((half) => groupsOf(half))
  if (!left || right === null) return null
  const given = left.length + (right?.length ?? 0)
  if (right ? given > 7 : given !== 8) return null
  const groups = [...left, ...Array<number>(8 - given).fill(0), ...(right ?? [])]
  return { version: 6, first: groups.reduce((sum, group) => sum * 65536n + BigInt(group), 0n) }
}

/** Sixteen bits each; an IPv4 address may stand at the end. Null for what is none. */
function groupsOf(text: string): number[] | null {
  if (!text) return []
  const groups: number[] = []
  const parts = text.split(':')
  for (const [at, part] of parts.entries()) {
    const four = at === parts.length - 1 ? readFour(part) : null
    if (four) groups.push(Number(four.first >> 16n), Number(four.first & 0xffffn))
    else if (/^[\da-f]{1,4}$/i.test(part)) groups.push(Number.parseInt(part, 16))
    else return null
  }
  return groups
}
