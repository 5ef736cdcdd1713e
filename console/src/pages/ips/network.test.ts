import { describe, expect, it } from 'vitest'

import { holds, isOneAddress, readNetwork, sizeOf } from './network'

const network = (text: string) => readNetwork(text)!

describe('a network', () => {
  it.each(['203.0.113.7', '203.0.113.0/24', '0.0.0.0/0', '2001:db8::/32', '::1', '::', 'fe80::1:2:3:4', '1:2:3:4:5:6:7:8', '::ffff:192.0.2.1', ' 192.0.2.1 '])('is read: %s', (text) => {
    expect(readNetwork(text)).not.toBeNull()
  })
  it.each(['', 'example.org', '203.0.113', '203.0.113.256', '203.0.113.07', '203.0.113.0/33', '203.0.113.0/', '203.0.113.0/24/8', '1:2:3:4:5:6:7', '1::2::3', '1:2:3:4:5:6:7::8', 'fe80::1%eth0', ':1', '12345::', '2001:db8::/129'])('is not made of %j', (text) => {
    expect(readNetwork(text)).toBeNull()
  })
  it('forgets the bits of the host', () => {
    expect(network('203.0.113.77/24')).toEqual(network('203.0.113.0/24'))
  })
  it('holds what lies in it', () => {
    expect(holds(network('203.0.113.0/24'), network('203.0.113.77'))).toBe(true)
    expect(holds(network('203.0.113.0/24'), network('203.0.114.77'))).toBe(false)
    expect(holds(network('2001:db8::/32'), network('2001:db8:1::/48'))).toBe(true)
    expect(holds(network('2001:db8:1::/48'), network('2001:db8::/32'))).toBe(false)
    expect(holds(network('::/0'), network('203.0.113.7'))).toBe(false)
  })
  it('is the same when IPv4 is written as IPv6', () => {
    expect(network('::ffff:203.0.113.7')).toEqual(network('203.0.113.7'))
    expect(network('::ffff:203.0.113.0/120')).toEqual(network('203.0.113.0/24'))
  })
  it('says how large it is', () => {
    expect(sizeOf(network('203.0.113.0/24'))).toBe(256)
    expect(sizeOf(network('2001:db8::/32'))).toBeNull()
    expect(isOneAddress(network('203.0.113.7'))).toBe(true)
    expect(isOneAddress(network('203.0.113.6/31'))).toBe(false)
  })
})
