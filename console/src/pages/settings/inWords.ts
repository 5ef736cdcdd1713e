import type { Setting } from '../../api/types'
import { i18n, t } from '../../i18n'
import './texts'

/** A value of a setting as people read it. */
export function inWords(setting: Pick<Setting, 'unit'>, value: unknown): string {
  if (value === null || value === undefined || value === '') return t('settings.unset')
  if (typeof value === 'boolean') return t(value ? 'is.on' : 'is.off')
  if (Array.isArray(value)) return value.length ? value.join(', ') : t('is.none')
  if (typeof value === 'object') return Object.keys(value).length ? JSON.stringify(value) : t('is.none')
  return `${String(value)}${setting.unit ? ` ${unitName(setting.unit)}` : ''}`
}

export const unitName = (unit: string): string => (i18n.global.te(`settings.unit.${unit}`) ? t(`settings.unit.${unit}`) : unit)
