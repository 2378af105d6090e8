/**
 * How our code is made into programs: with the packages it uses, in few files, since loading a thousand of them one by one is most of
 * what a start takes. Left out is what has files of its own (a native module, pages), and the providers' packages with the axios that
 * all of them must share; they are loaded when they are first needed.
 * @satisfies {import('esbuild').BuildOptions}
 */
export const bundling = /** @type {const} */ ({
  bundle: true,
  platform: 'node',
  target: 'node20.19',
  format: 'esm',
  external: ['@node-rs/argon2', '@fastify/swagger-ui', 'axios', 'plaid', 'twilio', '@sendgrid/*', 'node-quickbooks', 'pg-native'],
  sourcemap: true,
  sourcesContent: false,
  minifyWhitespace: true,
  minifySyntax: true,
  logLevel: 'warning',
  // Packages that are CommonJS ask for Node's own modules in this way
  banner: { js: "import { createRequire as requireFrom } from 'node:module'; const require = requireFrom(import.meta.url);" },
})
