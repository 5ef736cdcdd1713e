import { describe, expect, it } from 'vitest'

import { expiresAt, isSaid } from './expiry'

const NOW = Date.parse('2026-11-21T12:00:00Z')

describe('the end of something', () => {
  it('may never come', () => {
    expect(expiresAt({ ends: 'never', at: '' }, NOW)).toBeNull()
  })
  it('counts a span from the moment it is saved', () => {
    expect(expiresAt({ ends: 'week', at: '' }, NOW)).toBe('2026-11-28T12:00:00.000Z')
  })
  it('takes a time at the wall', () => {
    const at = '2026-12-24T18:00'
    expect(expiresAt({ ends: 'at', at }, NOW)).toBe(new Date(at).toISOString())
  })
  it('is not said by an empty field, or by a time that is over', () => {
    expect(isSaid({ ends: 'at', at: '' }, NOW)).toBe(false)
    expect(isSaid({ ends: 'at', at: '2020-01-01T00:00' }, NOW)).toBe(false)
    expect(isSaid({ ends: 'at', at: '2030-01-01T00:00' }, NOW)).toBe(true)
    expect(isSaid({ ends: 'never', at: '' }, NOW)).toBe(true)
  })
})
