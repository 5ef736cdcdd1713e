/** Rows of the list as the keyboard finds them: each is a link that says which request it is. */
const LINK = 'a[data-request]'

export const rowOf = (id: string): HTMLElement | null => document.querySelector<HTMLElement>(`a[data-request="${CSS.escape(id)}"]`)

/** Focuses the next row, or the one before; from elsewhere, the first that can be seen. */
export function step(list: HTMLElement, by: 1 | -1): void {
  const rows = [...list.querySelectorAll<HTMLElement>(LINK)]
  const here = rows.findIndex((row) => row === document.activeElement)
  const next = here < 0 ? rows.find(isInSight) : rows[here + by]
  next?.focus({ preventScroll: true })
  next?.scrollIntoView({ block: 'nearest' })
}

export const isRow = (target: EventTarget | null): boolean => target instanceof HTMLElement && target.matches(LINK)

function isInSight(row: HTMLElement): boolean {
  const { top, bottom } = row.getBoundingClientRect()
  return top >= 0 && bottom <= window.innerHeight
}
