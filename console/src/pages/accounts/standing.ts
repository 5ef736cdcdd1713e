/** How an account stands, in what a row of the list shows of it. */
import type { Account } from '../../api/types'

export type Look = 'good' | 'resting' | 'bad' | 'off' | 'busy'
export interface Standing {
  look: Look
  /** Why it stands so: the upstream's words, or why it was switched off. */
  reason: string
  /** One of the gateway's words for a rest, such as `rate_limit`. */
  rest: string | null
  until: string | null
  /** Models that rest, or that it does not have. */
  models: number
  /** What the state alone does not say, where neither an upstream nor an operator gave a reason. */
  hint: 'probing' | 'limited' | 'busy' | 'provider_off' | null
}

const LOOKS: Record<Account['state'], Look> = { healthy: 'good', busy: 'busy', probing: 'busy', cooling: 'resting', limited: 'resting', disabled: 'off' }

export function standingOf(account: Pick<Account, 'state' | 'enabled' | 'off_reason' | 'coolings'>): Standing {
  const models = account.coolings.filter((each) => each.model !== null).length
  if (account.state === 'disabled') {
    return { look: account.off_reason ? 'bad' : 'off', reason: account.off_reason ?? '', rest: null, until: null, models, hint: account.enabled && !account.off_reason ? 'provider_off' : null }
  }
  const [rest] = [...account.coolings]
    .filter((each) => each.model === null || account.state === 'cooling')
    .sort((one, other) => Number(one.model !== null) - Number(other.model !== null) || one.until.localeCompare(other.until))
  return { look: LOOKS[account.state], reason: rest?.text ?? '', rest: rest?.reason ?? null, until: rest?.until ?? null, models, hint: account.state === 'probing' || account.state === 'limited' || account.state === 'busy' ? account.state : null }
}

/** What people call it: one of the configuration file has no label of its own, and is the only such of its provider. */
export const nameOf = (account: Pick<Account, 'label' | 'provider' | 'read_only'>): string => (account.read_only ? account.provider : account.label)

/** Whether its owner must agree anew before it can be used. */
export const needsSignIn = (account: Pick<Account, 'off_reason'>): boolean => account.off_reason?.startsWith('needs sign-in') ?? false

/** How many requests it has served or failed; null where nobody counts, as for accounts of the configuration file. */
export const requestsOf = (account: Pick<Account, 'read_only' | 'successes' | 'failures'>): number | null => (account.read_only ? null : account.successes + account.failures)

/** The part of its allowance that is used, where the upstream named both figures. */
export function shareUsed(used: number | null | undefined, limit: number | null | undefined): number | null {
  return used == null || limit == null || limit <= 0 ? null : used / limit
}
