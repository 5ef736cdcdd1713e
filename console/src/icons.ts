/**
 * Draws the icons that came with the bundle. The kit uses this in place of Iconify's component (vite.config.ts), which can ask
 * the network for icons it does not know and is ten times as large for that.
 */
import { h, type FunctionalComponent } from 'vue'

interface Drawing { body: string; width?: number; height?: number }

const drawings = new Map<string, Drawing>()

/** Expects a drawing that is neither turned nor mirrored; those of Lucide are not. */
export function addIcon(name: string, drawing: Drawing): true {
  drawings.set(name, drawing)
  return true
}

/** All are there before anything is drawn. */
export const iconLoaded = (): boolean => true

export const Icon: FunctionalComponent<{ icon: string }> = ({ icon }) => {
  const drawing = drawings.get(icon) ?? drawings.get(icon.replace('-', ':'))
  return h('svg', { 'class': 'iconify', 'xmlns': 'http://www.w3.org/2000/svg', 'width': '1em', 'height': '1em', 'viewBox': `0 0 ${drawing?.width ?? 24} ${drawing?.height ?? 24}`, 'aria-hidden': 'true', 'innerHTML': drawing?.body })
}
// The kit passes more than it takes: modes, sizes and what to do on a server.
Icon.props = ['icon', 'mode', 'width', 'height', 'customise', 'ssr']
