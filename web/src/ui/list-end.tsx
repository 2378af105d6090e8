import { useCallback, useEffect, useRef } from 'react'
import { SkeletonRows } from './states.tsx'

/** Fetches the next page of a list when its end comes into view. */
export interface More {
  hasMore: boolean
  loading: boolean
  load: () => void
}

/** Loads the next page when it comes into view. */
export function ListEnd({ hasMore, loading, load }: More) {
  const element = useRef<HTMLDivElement>(null)
  const onSeen = useCallback(() => {
    if (hasMore && !loading) load()
  }, [hasMore, loading, load])
  useEffect(() => {
    if (element.current === null) return
    const observer = new IntersectionObserver((entries) => entries.some((entry) => entry.isIntersecting) && onSeen(), {
      rootMargin: '600px',
    })
    observer.observe(element.current)
    return () => observer.disconnect()
  }, [onSeen])
  return <div ref={element}>{loading && <SkeletonRows rows={3} />}</div>
}
