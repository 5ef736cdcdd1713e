import { describe, expect, it } from 'vitest'

import type { User } from '../../api/types'
import { fits, lastAdministrator, madePassword, stateOf } from './people'

function user(name: string, more: Partial<User> = {}): User {
  return { id: `usr_${name}`, name, role: 'admin', enabled: true, has_password: true, created_at: '', updated_at: '', last_sign_in_at: null, ...more }
}

describe('the last administrator', () => {
  it('is the only one who can sign in', () => {
    const anna = user('anna')
    expect(lastAdministrator([anna, user('olga', { enabled: false }), user('robot', { has_password: false }), user('vera', { role: 'viewer' })])).toBe(anna)
  })
  it('is nobody while there are two', () => {
    expect(lastAdministrator([user('anna'), user('olga')])).toBeNull()
  })
})

describe('a user', () => {
  it('is off, or on, or has tokens alone', () => {
    expect(stateOf(user('a', { enabled: false, has_password: false }))).toBe('off')
    expect(stateOf(user('a', { has_password: false }))).toBe('tokens')
    expect(stateOf(user('a'))).toBe('on')
  })
  it('is found by name, role and state', () => {
    const vera = user('vera', { role: 'viewer' })
    expect(fits(vera, { text: 'VER', role: 'viewer', state: 'on' })).toBe(true)
    expect(fits(vera, { text: '', role: 'admin', state: '' })).toBe(false)
    expect(fits(vera, { text: '', role: '', state: 'off' })).toBe(false)
  })
})

describe('a password that was made', () => {
  it('has twenty letters that are not mistaken for others', () => {
    expect(madePassword()).toMatch(/^([a-km-np-z2-9]{5}-){3}[a-km-np-z2-9]{5}$/)
  })
  it('is made of all the chance there is', () => {
    expect(madePassword((into) => into.map((_, at) => at * 13))).not.toBe(madePassword((into) => into.fill(7)))
    expect(madePassword()).not.toBe(madePassword())
  })
})
