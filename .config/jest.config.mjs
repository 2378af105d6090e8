import { resolve } from 'node:path'

const root = resolve(import.meta.dirname, '..')

/** @type {import('jest').Config} */
export default {
  rootDir: root,
  roots: ['<rootDir>/api', '<rootDir>/shared', '<rootDir>/web'],
  testMatch: ['<rootDir>/{api,shared,web}/**/*.test.ts?(x)', '<rootDir>/web/e2e/**/*.e2e.ts'],
  modulePathIgnorePatterns: ['/dist/', '/dist-invite/', '<rootDir>/.data/'],
  testEnvironment: '<rootDir>/.config/jest-environment.cjs',
  resolver: '<rootDir>/.config/jest-resolver.cjs',
  transform: { '\\.[cm]?[jt]sx?$': '<rootDir>/.config/jest-swc.cjs' },
  transformIgnorePatterns: [],
  moduleFileExtensions: ['ts', 'tsx', 'js', 'mjs', 'cjs', 'jsx', 'json', 'node'],
  globalSetup: '<rootDir>/api/test/setup/global-setup.mjs',
  globalTeardown: '<rootDir>/api/test/setup/global-teardown.mjs',
  setupFilesAfterEnv: ['<rootDir>/api/test/setup/each-file.ts'],
  cacheDirectory: '<rootDir>/node_modules/.cache/jest',
  testTimeout: 60_000,
  testSequencer: '<rootDir>/.config/jest-sequencer.cjs',
  // More than processors: tests wait for jobs, clocks and browsers as much as they compute.
  maxWorkers: 4,
  // A worker that grew is replaced between two files.
  workerIdleMemoryLimit: '1GB',
  watchman: false,
}
