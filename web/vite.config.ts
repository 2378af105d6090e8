import react from '@vitejs/plugin-react'
import { defineConfig, type UserConfig } from 'vite'

/** The staff's single-page application, in `dist`. In development it runs beside the API and hands it every request that is not a page. */
const application: UserConfig = {
  root: import.meta.dirname,
  plugins: [react()],
  server: {
    port: 5173,
    proxy: Object.fromEntries(['/v1', '/i/', '/docs'].map((path) => [path, 'http://127.0.0.1:3000'])),
  },
  build: { outDir: 'dist', emptyOutDir: true, sourcemap: true, target: 'es2022' },
}

export default defineConfig(application)
