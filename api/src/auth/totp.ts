import { Secret, TOTP } from 'otpauth'

const periodSeconds = 30
/** One step to either side: a phone's clock may be half a minute off. */
const window = 1

/** RFC 6238 as every authenticator app reads it: SHA-1, six digits, 30 seconds. */
const totpOf = (secret: string, label = ''): TOTP =>
  new TOTP({ issuer: 'Ledgersync', label, secret: Secret.fromBase32(secret), algorithm: 'SHA1', digits: 6, period: periodSeconds })

/** A new key of 160 random bits, base32. */
export function newTotpSecret(): string {
  return new Secret({ size: 20 }).base32
}

/** The key as an address for a QR code; `username` is what the app shows beside it. */
export function totpUri(secret: string, username: string): string {
  return totpOf(secret, username).toString()
}

/** The step of 30 seconds that the code belongs to at this time, or null when it is wrong. */
export function totpStep(secret: string, code: string, now: Date): number | null {
  const delta = totpOf(secret).validate({ token: code, timestamp: now.getTime(), window })
  return delta === null ? null : Math.floor(now.getTime() / 1000 / periodSeconds) + delta
}
