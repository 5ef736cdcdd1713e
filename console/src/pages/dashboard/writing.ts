import { compact, count, duration } from '../../format'
import type { Drawing } from './charts'

/** The values of a chart as people read them: in full, and short for an axis. */
export const inFull = ({ measure }: Drawing, value: number | null): string => (measure === 'time' ? duration : count)(value)
export const inShort = ({ measure }: Drawing, value: number): string => (measure === 'time' ? duration : compact)(value)
