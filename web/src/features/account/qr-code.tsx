import encodeQR from 'qr'
import styles from './account.module.css'

const border = 2

/** A QR code as one path, dark on white in both colour schemes: cameras read it best so. */
export function QrCode({ text, label }: { text: string; label: string }) {
  const rows = encodeQR(text, 'raw', { border })
  const path = rows.flatMap((row, y) => row.flatMap((dark, x) => (dark ? [`M${x} ${y}h1v1h-1z`] : []))).join('')
  return (
    <svg className={styles.qr} viewBox={`0 0 ${rows.length} ${rows.length}`} role="img" aria-label={label} shapeRendering="crispEdges">
      <path className={styles.qrGround} d={`M0 0h${rows.length}v${rows.length}H0z`} />
      <path className={styles.qrDots} d={path} />
    </svg>
  )
}
