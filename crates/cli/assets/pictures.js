// What a picture must be before it is sent: a raster image of at most LIMIT bytes.
// SVG is left out: opened by itself it is a document that runs scripts.

export const LIMIT = 512 * 1024; // bytes
const RASTER = /^image\/(?!svg)[a-z0-9.+-]+$/;
const STEPS = [[1600, 0.85], [1280, 0.8], [960, 0.75], [640, 0.7]]; // longest side in pixels, JPEG quality

export const isPicture = (mime) => RASTER.test(mime);

export const size = (bytes) => bytes < 1024 * 1024 ? `${Math.ceil(bytes / 1024)} KiB` : `${(bytes / 1024 / 1024).toFixed(1)} MiB`;

/** The file as `{name, mime, bytes, shrunk}`; throws an Error whose message is for the user. */
export async function prepare(file) {
  if (!isPicture(file.type)) throw new Error(`“${file.name}” is not a picture that can be sent (PNG, JPEG, GIF, WebP or AVIF).`);
  if (file.size <= LIMIT) return { name: file.name, mime: file.type, bytes: await file.arrayBuffer(), shrunk: false };
  const smaller = file.type === "image/gif" ? null : await shrink(file).catch(() => null);
  if (!smaller) throw new Error(`“${file.name}” is too large: ${size(file.size)}. A picture may have ${size(LIMIT)}.`);
  const name = file.name.replace(/\.\w+$/, "") + ".jpg";
  return { name, mime: smaller.type, bytes: await smaller.arrayBuffer(), shrunk: true };
}

/** The first JPEG, from large to small, that is within the limit; `null` if there is none. */
async function shrink(file) {
  const image = await createImageBitmap(file);
  try {
    for (const [side, quality] of STEPS) {
      const scale = Math.min(1, side / Math.max(image.width, image.height));
      const canvas = document.createElement("canvas");
      canvas.width = Math.max(1, Math.round(image.width * scale));
      canvas.height = Math.max(1, Math.round(image.height * scale));
      canvas.getContext("2d").drawImage(image, 0, 0, canvas.width, canvas.height);
      const blob = await new Promise((done) => canvas.toBlob(done, "image/jpeg", quality));
      if (blob && blob.size <= LIMIT) return blob;
    }
    return null;
  } finally {
    image.close();
  }
}
