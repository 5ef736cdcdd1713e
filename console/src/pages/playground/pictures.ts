/** Pictures of a question: what they are by their bytes, and the form in which they travel. */
import type { Picture } from './talk'

/** Base64 makes a third more of it, and a request of more than 32 MiB is refused. */
export const LARGEST = 5 * 1024 * 1024
export const MOST = 20
export const ACCEPTED = 'image/png,image/jpeg,image/gif,image/webp'

export type PictureProblem = 'large' | 'kind' | 'many'

/** What the first bytes say; null when it is none of the four kinds every vendor takes. */
export function kindOf(bytes: Uint8Array): string | null {
  const begins = (at: number, ...wanted: number[]): boolean => wanted.every((byte, index) => bytes[at + index] === byte)
  if (begins(0, 0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a)) return 'image/png'
  if (begins(0, 0xff, 0xd8, 0xff)) return 'image/jpeg'
  if (begins(0, 0x47, 0x49, 0x46, 0x38)) return 'image/gif'
  if (begins(0, 0x52, 0x49, 0x46, 0x46) && begins(8, 0x57, 0x45, 0x42, 0x50)) return 'image/webp'
  return null
}

export function base64Of(bytes: Uint8Array): string {
  const pieces: string[] = []
  // A string is made of at most this many arguments at once.
  for (let at = 0; at < bytes.length; at += 0x8000) pieces.push(String.fromCharCode(...bytes.subarray(at, at + 0x8000)))
  return btoa(pieces.join(''))
}

export async function pictureOf(file: File): Promise<Picture | PictureProblem> {
  if (file.size > LARGEST) return 'large'
  const bytes = new Uint8Array(await file.arrayBuffer())
  const type = kindOf(bytes)
  return type === null ? 'kind' : { type, base64: base64Of(bytes), name: file.name, bytes: file.size }
}
