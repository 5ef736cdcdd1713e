import ui from '@nuxt/ui/vite'
import vue from '@vitejs/plugin-vue'
import { fileURLToPath } from 'node:url'
import { defineConfig } from 'vite'

/** Where a gateway runs while the console is developed; `npm run dev` passes its API through. */
const gateway = process.env.ISTHMUS_URL ?? 'http://127.0.0.1:8000'

export default defineConfig({
  base: '/admin/',
  plugins: [
    vue(),
    ui({
      // Icons travel in the bundle: the console asks no other host for anything.
      icon: { clientBundle: { scan: { globInclude: ['src/**/*.{ts,vue}'] } } },
      autoImport: { dts: 'src/auto-imports.d.ts' },
      components: { dts: 'src/components.d.ts', dirs: [] },
      ui: { colors: { primary: 'teal', neutral: 'slate' } },
    }),
  ],
  // What is not used here stays out of the bundle.
  define: { __VUE_OPTIONS_API__: true, __VUE_PROD_DEVTOOLS__: false, __VUE_I18N_LEGACY_API__: false, __VUE_I18N_FULL_INSTALL__: false, __INTLIFY_PROD_DEVTOOLS__: false },
  resolve: { alias: { '@': fileURLToPath(new URL('src', import.meta.url)) } },
  build: {
    outDir: '../src/isthmus/console/site',
    emptyOutDir: true,
    // The Content-Security-Policy allows no data: scripts or fonts, and a file is cached for good.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    chunkSizeWarningLimit: 700,
  },
  server: { proxy: { '^/(v1|v2|stats|health)': { target: gateway } } },
})
