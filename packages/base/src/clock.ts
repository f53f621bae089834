/** The wall clock, passed in so that tests can turn it. */
export interface Clock {
  /** Milliseconds since the epoch. */
  nowMs(): number;
  /** Nanoseconds since the epoch; never the same value twice from one clock. */
  nowNs(): bigint;
}

/** The machine's clock, with nanoseconds from the monotonic clock between two readings of the wall clock. */
export function systemClock(): Clock {
  let last = 0n;
  return {
    nowMs: () => Date.now(),
    nowNs: () => {
      const now = BigInt(Math.round((performance.timeOrigin + performance.now()) * 1000)) * 1000n;
      const wall = BigInt(Date.now()) * 1_000_000n;
      // performance.now() does not follow clock changes; the wall clock wins when they are apart.
      const chosen = now - wall > 50_000_000n || wall - now > 50_000_000n ? wall : now;
      last = chosen > last ? chosen : last - chosen > 1_000_000_000n ? chosen : last + 1n;
      return last;
    },
  };
}
