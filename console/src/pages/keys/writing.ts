/** A key as the form holds it, as text, and as `POST` and `PATCH /v2/keys` take it. */
import type { components } from '../../api/schema'
import type { Key } from '../../api/types'
import { LIMITS, type LimitName } from './terms'

export type KeyBody = components['schemas']['KeyBody']
export type KeyChanges = components['schemas']['KeyPatch']

export interface KeyForm {
  name: string
  note: string
  /** Id of the user whose key it is; empty: nobody's. */
  owner: string
  /** As `<input type="datetime-local">` has it, in the time zone of the browser; empty: no end. */
  expires: string
  /** Names, one a line; empty: no restriction. */
  models: string
  providers: string
  ips: string
  /** `default`: what the provider allows. */
  mcp: 'default' | 'none' | 'some'
  mcpNames: string
  /** An empty limit is none. */
  limits: Record<LimitName, string>
  /** A secret that clients have already; only of a new key. */
  secret: string
}

export const FIELDS = ['name', 'note', 'user_id', 'expires_at', 'models', 'providers', 'ips', 'mcp', 'secret', ...LIMITS] as const

export function emptyForm(name = ''): KeyForm {
  return { name, note: '', owner: '', expires: '', models: '', providers: '', ips: '', mcp: 'default', mcpNames: '', limits: Object.fromEntries(LIMITS.map((each) => [each, ''])) as KeyForm['limits'], secret: '' }
}

export function formOf(key: Key): KeyForm {
  return {
    name: key.name,
    note: key.note ?? '',
    owner: key.user_id ?? '',
    expires: key.expires_at ? localText(new Date(key.expires_at)) : '',
    models: (key.models ?? []).join('\n'),
    providers: (key.providers ?? []).join('\n'),
    ips: (key.ips ?? []).join('\n'),
    mcp: key.mcp === null ? 'default' : key.mcp.length ? 'some' : 'none',
    mcpNames: (key.mcp ?? []).join('\n'),
    limits: Object.fromEntries(LIMITS.map((each) => [each, key[each] === null ? '' : String(key[each])])) as KeyForm['limits'],
    secret: '',
  }
}

type Terms = Required<Omit<KeyChanges, 'enabled'>>

function termsIn(form: KeyForm): Terms {
  return {
    name: form.name.trim(),
    note: form.note.trim() || null,
    user_id: form.owner || null,
    expires_at: form.expires ? new Date(form.expires).toISOString() : null,
    models: namesIn(form.models),
    providers: namesIn(form.providers),
    ips: namesIn(form.ips),
    mcp: form.mcp === 'default' ? null : form.mcp === 'none' ? [] : (namesIn(form.mcpNames) ?? []),
    ...(Object.fromEntries(LIMITS.map((each) => [each, form.limits[each] === '' ? null : Number(form.limits[each])])) as Record<LimitName, number | null>),
  }
}

export function bodyOf(form: KeyForm): KeyBody {
  const said = Object.entries(termsIn(form)).filter(([, value]) => value !== null)
  return { name: form.name.trim(), ...Object.fromEntries(said), enabled: true, ...(form.secret && { secret: form.secret }) }
}

/** What of the form differs from the key; what is no longer restricted is null. */
export function changesIn(form: KeyForm, key: Key): Partial<KeyChanges> {
  const before = termsIn(formOf(key))
  const differing = Object.entries(termsIn(form)).filter(([name, value]) => JSON.stringify(value) !== JSON.stringify(before[name as keyof Terms]))
  return Object.fromEntries(differing)
}

/** One a line, or parted by commas; none is null. */
export function namesIn(text: string): string[] | null {
  const names = text.split(/[\n,]/).map((each) => each.trim()).filter(Boolean)
  return names.length ? [...new Set(names)] : null
}

/** The time as the field takes it, to the minute. */
export function localText(at: Date): string {
  const two = (n: number): string => String(n).padStart(2, '0')
  return `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())}T${two(at.getHours())}:${two(at.getMinutes())}`
}

/** In so many days. */
export const inDays = (days: number, now: number): string => localText(new Date(now + days * 86_400_000))
