/** Files that hold accounts: our own exports, and what other programs keep their logins in. */
import type { components } from '../../api/schema'

export type Export = components['schemas']['AccountFile']
export type TokenFile = components['schemas']['TokenFileBody']

export type Held = { name: string; what: 'export'; file: Export } | { name: string; what: 'tokens'; file: TokenFile }

/** Databases are no text: they travel in base64. */
export async function readFile(file: File): Promise<Held> {
  const bytes = new Uint8Array(await file.arrayBuffer())
  const text = textOf(bytes)
  if (text === null) return { name: file.name, what: 'tokens', file: { name: file.name, base64: base64Of(bytes) } }
  const found = exportIn(text)
  return found ? { name: file.name, what: 'export', file: found } : { name: file.name, what: 'tokens', file: { name: file.name, text } }
}

function textOf(bytes: Uint8Array): string | null {
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(bytes)
    return text.includes('\0') ? null : text
  } catch {
    return null
  }
}

function exportIn(text: string): Export | null {
  try {
    const value = JSON.parse(text) as { format?: unknown } | null
    return value !== null && typeof value === 'object' && value.format === 'isthmus-accounts' ? (value as Export) : null
  } catch {
    return null
  }
}

function base64Of(bytes: Uint8Array): string {
  let binary = ''
  for (let at = 0; at < bytes.length; at += 0x8000) binary += String.fromCharCode(...bytes.subarray(at, at + 0x8000))
  return btoa(binary)
}
