throw new Error("this Worker fails while it loads");
