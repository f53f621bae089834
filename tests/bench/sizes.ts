/** How often and how much is measured. */
export interface Sizes {
  /** Rounds of what takes less than a second; those before, to warm up, do not count. */
  readonly rounds: number;
  readonly warmUps: number;
  readonly burst: number;
  readonly burstRounds: number;
  readonly upDown: number;
  readonly idle: number;
  readonly psFew: number;
  readonly psMany: number;
  readonly statsContainers: number;
  readonly statsSeconds: number;
  readonly logMegabytes: number;
  readonly logRounds: number;
  /** Lives before the daemon's memory is looked at, and how long a peer may take for them. */
  readonly lives: number;
  readonly livesLimitMs: number;
  /** How long nothing happens then. */
  readonly quietMs: number;
  /** How long memory may settle after containers were started. */
  readonly settleMs: number;
}

/** What `make bench` measures. */
export const fullSizes: Sizes = {
  rounds: 12,
  warmUps: 2,
  burst: 16,
  burstRounds: 3,
  upDown: 100,
  idle: 40,
  psFew: 100,
  psMany: 1000,
  statsContainers: 100,
  statsSeconds: 20,
  logMegabytes: 200,
  logRounds: 3,
  lives: 1000,
  livesLimitMs: 100_000,
  quietMs: 60_000,
  settleMs: 10_000,
};

/** As little as shows that every measurement works. */
export const tinySizes: Sizes = {
  rounds: 1,
  warmUps: 0,
  burst: 2,
  burstRounds: 1,
  upDown: 2,
  idle: 2,
  psFew: 2,
  psMany: 4,
  statsContainers: 2,
  statsSeconds: 2,
  logMegabytes: 1,
  logRounds: 1,
  lives: 2,
  livesLimitMs: 60_000,
  quietMs: 0,
  settleMs: 0,
};
