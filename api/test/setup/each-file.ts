// A journey starts servers and a browser; everything else answers within the default.
if (expect.getState().testPath?.endsWith('.e2e.ts')) jest.setTimeout(120_000)
