import { reactive } from 'vue'

import { useUrlText } from '../../parts/url'
import { NAMES, type Chosen } from './filters'

/** The filters of the address: whoever reads them anywhere on the page reads the same, and what is written stands in it. */
export function useFilters(): Chosen {
  return reactive(Object.fromEntries(NAMES.map((name) => [name, useUrlText(name)]))) as unknown as Chosen
}

export function clear(chosen: Chosen): void {
  for (const name of NAMES) chosen[name] = ''
}
