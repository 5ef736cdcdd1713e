/** Made by the kit's Vite plugin: the icons that were found in our sources. */
declare module 'virtual:nuxt-ui-icons' {
  export function init(add: (name: string, drawing: { body: string; width?: number; height?: number }) => true): void
}
