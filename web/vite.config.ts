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
  build: {
    outDir: 'dist',
    emptyOutDir: true,
    sourcemap: true,
    target: 'es2022',
    // In one file what every page needs, and in another what several share: left alone Rolldown makes nearly a hundred small
    // files of it, and to ask for them takes a browser longer than to run them. What knows phone numbers is large and needed late.
    rolldownOptions: {
      output: {
        codeSplitting: {
          groups: [
            { name: 'application', tags: ['$initial'], priority: 3 },
            { name: 'phone-numbers', test: /libphonenumber|add-client-values/, priority: 2 },
            { name: 'shared', minShareCount: 2, maxModuleSize: 30_000, priority: 1 },
          ],
        },
      },
    },
  },
}

export default defineConfig(application)
