/** Accounts as a form, a list of lines or JSON says them, and as `POST /v2/accounts` takes them. */
import type { components } from '../../api/schema'
import type { Account } from '../../api/types'
import type { AccountKind } from '../../parts/providerTypes'

export type AccountBody = components['schemas']['AccountInput']
export type AccountChanges = components['schemas']['AccountPatch']

/** `credential.api_key` → `{credential: {api_key: …}}`; what is empty is left out. */
export function members(values: Readonly<Record<string, string>>): { credential: Record<string, string>; details: Record<string, string> } {
  const made = { credential: {} as Record<string, string>, details: {} as Record<string, string> }
  for (const [name, value] of Object.entries(values)) {
    const dot = name.indexOf('.')
    const group = name.slice(0, dot)
    if (value.trim() && (group === 'credential' || group === 'details')) made[group][name.slice(dot + 1)] = value.trim()
  }
  return made
}

/** The one secret that makes an account of this kind, if a single one does: then a line can hold an account. */
export function lineMember(kind: AccountKind): string | null {
  const required = kind.fields.filter((each) => each.required)
  const needed = required.length ? required : kind.fields.filter((each) => each.name.startsWith('credential.'))
  const name = needed.length === 1 ? needed[0]?.name : undefined
  return name?.startsWith('credential.') ? name.slice('credential.'.length) : null
}

export interface Pasted {
  /** Counted from 1; of JSON, the place in the list. */
  line: number
  shown: string
  body: Record<string, unknown> | null
  problem: 'notJson' | 'notAccount' | 'needsJson' | null
}

/** Every account of a pasted text: a credential on each line, perhaps with a label behind it, or JSON. `#` begins a comment. */
export function readPasted(text: string, provider: string, kind: AccountKind): Pasted[] {
  const trimmed = text.trim()
  if (trimmed.startsWith('[') || trimmed.startsWith('{')) {
    const whole = parsed(trimmed)
    if (whole !== undefined) return listIn(whole).map((each, at) => ofJson(each, at + 1, provider, kind))
  }
  return text.split(/\r\n|\n|\r/).flatMap((written, at): Pasted[] => {
    const line = written.trim()
    if (!line || line.startsWith('#')) return []
    if (!line.startsWith('{')) return [ofLine(line, at + 1, provider, kind)]
    const value = parsed(line)
    return [value === undefined ? { line: at + 1, shown: '{…', body: null, problem: 'notJson' } : ofJson(value, at + 1, provider, kind)]
  })
}

function ofLine(line: string, at: number, provider: string, kind: AccountKind): Pasted {
  const member = lineMember(kind)
  const [secret = '', ...words] = line.split(/[\s,;]+/)
  if (!member) return { line: at, shown: hint(secret), body: null, problem: 'needsJson' }
  const label = words.join(' ')
  const colon = kind.kind === 'session_key' ? secret.indexOf(':') : -1
  const key = colon < 0 ? secret : secret.slice(0, colon)
  const details = colon < 0 ? undefined : { organization_id: secret.slice(colon + 1) }
  return { line: at, shown: label || hint(key), body: { provider, kind: kind.kind, credential: { [member]: key }, ...(details && { details }), ...(label && { label }) }, problem: null }
}

function ofJson(value: unknown, at: number, provider: string, kind: AccountKind): Pasted {
  const member = lineMember(kind)
  if (typeof value === 'string' && member) return ofLine(value.trim(), at, provider, kind)
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return { line: at, shown: '–', body: null, problem: 'notAccount' }
  const given = value as Record<string, unknown>
  return { line: at, shown: typeof given.label === 'string' ? given.label : '{…}', body: { provider, kind: kind.kind, ...given }, problem: null }
}

function listIn(whole: unknown): unknown[] {
  if (Array.isArray(whole)) return whole
  const held = (whole as { accounts?: unknown }).accounts
  return Array.isArray(held) ? held : [whole]
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

/** By which an operator recognises a credential, as the gateway shows it. */
export const hint = (secret: string): string => (secret.length >= 16 ? `…${secret.slice(-4)}` : '…')

export const LIMITS = ['max_concurrency', 'requests_per_minute', 'tokens_per_minute', 'requests_per_day', 'tokens_per_day'] as const

/** Fields of the edit form, as text; an empty limit means none. */
export interface AccountForm {
  label: string
  enabled: boolean
  priority: string
  weight: string
  limits: Record<(typeof LIMITS)[number], string>
  /** Null: stays as it is. Empty: that of the provider. */
  proxy: string | null
  details: string
}

export function formOf(account: Account): AccountForm {
  const limits = Object.fromEntries(LIMITS.map((name) => [name, account[name] === null ? '' : String(account[name])])) as AccountForm['limits']
  return { label: account.label, enabled: account.enabled, priority: String(account.priority), weight: String(account.weight), limits, proxy: null, details: JSON.stringify(account.details, null, 2) }
}

/** Fields of the form as one compares them: limits by their own names. */
function flat({ limits, ...others }: AccountForm): Record<string, unknown> {
  return { ...others, ...limits }
}

/** A field that two have written, differently: what is there now. */
export interface Clash {
  field: string
  now: string
}

/**
 * The form over the account as it is `now`, when somebody has changed it since it was `read`: what was written here stays, all else
 * is as it is there. `secret`: a new credential was written here.
 */
export function rebased(form: AccountForm, read: Account, now: Account, secret: boolean): { form: AccountForm; clashes: Clash[] } {
  const before = flat(formOf(read))
  const mine = flat(form)
  const theirs = flat(formOf(now))
  const merged = { ...mine }
  const clashes: Clash[] = []
  for (const field of Object.keys(mine)) {
    if (mine[field] === before[field]) merged[field] = theirs[field]
    else if (theirs[field] !== before[field] && theirs[field] !== mine[field]) clashes.push({ field, now: String(theirs[field]) })
  }
  // Neither is ever shown whole, so neither is in the form.
  if (form.proxy !== null && now.proxy !== read.proxy) clashes.push({ field: 'proxy', now: now.proxy ?? '' })
  if (secret && now.credential_hint !== read.credential_hint) clashes.push({ field: 'credential', now: now.credential_hint ?? '' })
  const { label, enabled, priority, weight, proxy, details, ...limits } = merged
  return { form: { label, enabled, priority, weight, proxy, details, limits } as AccountForm, clashes }
}

/** What of the form differs from the account; `details` must be JSON by then. */
export function changesIn(form: AccountForm, account: Account, secrets: Readonly<Record<string, string>> = {}): AccountChanges {
  const before = formOf(account)
  const changes: AccountChanges = {}
  if (form.label !== before.label) changes.label = form.label
  if (form.enabled !== before.enabled) changes.enabled = form.enabled
  if (form.priority !== before.priority) changes.priority = Number(form.priority)
  if (form.weight !== before.weight) changes.weight = Number(form.weight)
  for (const name of LIMITS) {
    if (form.limits[name] !== before.limits[name]) changes[name] = form.limits[name] === '' ? null : Number(form.limits[name])
  }
  if (form.proxy !== null) changes.proxy = form.proxy.trim() || null
  if (form.details !== before.details) changes.details = JSON.parse(form.details) as Record<string, unknown>
  const { credential } = members(secrets)
  if (Object.keys(credential).length) changes.credential = credential
  return changes
}
