/**
 * What the emulators accept as credentials, for the launcher and the tests. Invented values in the providers' formats:
 * they open nothing outside this machine and protect nothing on it.
 */
export const credentials = {
  plaid: { clientId: '010101010101010101010101', secret: '101010101010101010101010101010' },
  intuit: {
    clientId: 'EmulatorIntuitClient00000000000000000000000000000',
    clientSecret: 'EmulatorIntuitSecret0000000000000000000',
    webhookVerifierToken: '00000000-0000-4000-8000-000000000000',
  },
  twilio: {
    accountSid: 'AC01010101010101010101010101010101',
    authToken: '10101010101010101010101010101010',
    /** Twilio's own number for tests; the only sender that exists in the emulator unless it is given others. */
    from: '+15005550006',
  },
  sendgrid: {
    apiKey: 'SG.emulator0000000000000.emulator00000000000000000000000000000000000',
    fromEmail: 'notices@ledgersync.example',
    /** PKCS8, DER, base64: signs the event webhook. Fixed so that its public half is known before the emulator has ever run. */
    eventPrivateKey:
      'MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgLnI/MdAGZ4Wl0IAkljPVHtys2OCmbZfpqTwiK0kglY2hRANCAAStKPnX85C+vUPZ8Dvm70kHpB58NVErSG1a6j5TpDRhGIXVH9dgzGcFsp3JyEgLtY2/rmzOQtyg6VRsyZfHvAFI',
    /** SPKI, DER, base64: what SendGrid's settings page shows and the API is configured with. */
    eventPublicKey:
      'MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAErSj51/OQvr1D2fA75u9JB6QefDVRK0htWuo+U6Q0YRiF1R/XYMxnBbKdychIC7WNv65szkLcoOlUbMmXx7wBSA==',
  },
}
