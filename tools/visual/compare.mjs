/**
 * Compares two pictures pixel by pixel, in a page of the browser that took them. Where one is larger, what it has more
 * counts as different.
 * @returns how many pixels differ, which share of all that is, and a picture of the new one, pale, with them marked
 */
export async function comparePictures(page, before, after) {
  // Most pictures are the same to the byte, since the same browser wrote them.
  if (before.equals(after)) return { pixels: 0, share: 0, picture: null };
  const answer = await page.evaluate(
    async ([old, now]) => {
      const read = async (base64) => {
        const bytes = Uint8Array.from(globalThis.atob(base64), (letter) => letter.charCodeAt(0));
        return globalThis.createImageBitmap(new globalThis.Blob([bytes], { type: 'image/png' }));
      };
      const [a, b] = [await read(old), await read(now)];
      const [width, height] = [Math.max(a.width, b.width), Math.max(a.height, b.height)];
      const pixelsOf = (bitmap) => {
        const canvas = new globalThis.OffscreenCanvas(width, height);
        const context = canvas.getContext('2d', { willReadFrequently: true });
        context.drawImage(bitmap, 0, 0);
        return context.getImageData(0, 0, width, height);
      };
      const [one, two] = [pixelsOf(a), pixelsOf(b)];
      const out = new globalThis.ImageData(width, height);
      let pixels = 0;
      for (let at = 0; at < one.data.length; at += 4) {
        // Beside a smaller picture there is nothing, which has no opacity and so differs from anything.
        const same = [0, 1, 2, 3].every((channel) => one.data[at + channel] === two.data[at + channel]);
        if (!same) pixels += 1;
        const marked = [214, 0, 110];
        for (let channel = 0; channel < 3; channel += 1) {
          const value = two.data[at + channel];
          out.data[at + channel] = same ? 255 - Math.round((255 - value) / 4) : marked[channel];
        }
        out.data[at + 3] = 255;
      }
      const canvas = new globalThis.OffscreenCanvas(width, height);
      canvas.getContext('2d').putImageData(out, 0, 0);
      const bytes = new Uint8Array(await (await canvas.convertToBlob({ type: 'image/png' })).arrayBuffer());
      let text = '';
      for (const byte of bytes) text += String.fromCharCode(byte);
      return { pixels, share: pixels / (width * height), picture: globalThis.btoa(text) };
    },
    [before.toString('base64'), after.toString('base64')],
  );
  return { ...answer, picture: Buffer.from(answer.picture, 'base64') };
}
