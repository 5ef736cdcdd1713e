import type { Role, User } from '../../api/types'

export const ROLES: readonly Role[] = ['admin', 'viewer', 'holder']
export const STATES = ['on', 'off', 'tokens'] as const
export type State = (typeof STATES)[number]

/** Off; or on, with a password or with tokens alone. */
export const stateOf = (user: User): State => (!user.enabled ? 'off' : user.has_password ? 'on' : 'tokens')

/** The one administrator who can sign in, when there is no other: the gateway keeps them one. */
export function lastAdministrator(users: readonly User[]): User | null {
  const able = users.filter((each) => each.role === 'admin' && stateOf(each) === 'on')
  return able.length === 1 ? able[0]! : null
}

export interface Wanted { text: string; role: string; state: string }

export const fits = (user: User, wanted: Wanted): boolean =>
  user.name.includes(wanted.text.toLowerCase()) && (!wanted.role || user.role === wanted.role) && (!wanted.state || stateOf(user) === wanted.state)

/** 32 letters and digits are left when those that look alike are; each holds five bits. */
const LETTERS = 'abcdefghijkmnpqrstuvwxyz23456789'

/** A password nobody can guess: 100 bits, in groups that can be read aloud. */
export function madePassword(random: (into: Uint8Array<ArrayBuffer>) => Uint8Array = (into) => crypto.getRandomValues(into)): string {
  const letters = [...random(new Uint8Array(20))].map((byte) => LETTERS[byte & 31])
  return [0, 5, 10, 15].map((at) => letters.slice(at, at + 5).join('')).join('-')
}
