interface Page<T> { items: T[]; next_cursor?: string | null }

/** All of a list that comes in pages; for lists that people write, and that are looked through here. */
export async function everyPage<T>(ask: (cursor: string | undefined) => Promise<Page<T>>): Promise<T[]> {
  const found: T[] = []
  let cursor: string | undefined
  do {
    const page = await ask(cursor)
    found.push(...page.items)
    cursor = page.next_cursor ?? undefined
  } while (cursor)
  return found
}
