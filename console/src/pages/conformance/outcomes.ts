/** How each result looks: a sign and a colour beside the word. */
export const OUTCOMES = ['fail', 'pass', 'declared'] as const
export type Outcome = (typeof OUTCOMES)[number]

export const LOOKS: Record<Outcome, { icon: string; color: 'success' | 'error' | 'neutral'; text: string }> = {
  fail: { icon: 'i-lucide-circle-x', color: 'error', text: 'text-error' },
  pass: { icon: 'i-lucide-circle-check', color: 'success', text: 'text-success' },
  declared: { icon: 'i-lucide-circle-minus', color: 'neutral', text: 'text-muted' },
}

/** A result of a newer gateway is shown as one that does not apply: never as a success. */
export const outcomeOf = (result: string): Outcome => OUTCOMES.find((each) => each === result) ?? 'declared'
