/**
 * Named steps of an operation that changes the world outside the process. Each effect runs inside
 * `run(name, effect)`, so that the crash test can kill the daemon before and after every one of
 * them, and a profile can say where the time of a start goes.
 *
 * A name is `<operation>.<effect>`, for example `start.mount`; the same name always means the same effect.
 */
export interface Steps {
  run<T>(name: string, effect: () => Promise<T> | T): Promise<T>;
}

/** Steps that only run their effect. */
export const plainSteps: Steps = {
  async run(_name, effect) {
    return effect();
  },
};
