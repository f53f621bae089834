import type { ImageEvents } from "@berth/images";

/** Image events on their way to an engine that is opened after the images. Nothing is told before it is there. */
export interface ImageEventRelay extends ImageEvents {
  connect(target: ImageEvents): void;
}

/** Makes an {@link ImageEventRelay}. */
export function imageEventRelay(): ImageEventRelay {
  let target: ImageEvents | null = null;
  return {
    emit: (action, id, name) => target?.emit(action, id, name),
    connect(engine) {
      target = engine;
    },
  };
}
