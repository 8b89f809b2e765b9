"""The columns of the tables of a study."""

from scalefront.claims import SCHEMA as CLAIMS_SCHEMA
from scalefront.fits.fitting import FITS_SCHEMA, FRONTIER_SCHEMA
from scalefront.measurement import SPECTRUM_SCHEMA
from scalefront.models import part
from scalefront.shards import parameter_words
from scalefront.tables import curves_schema, schema_of

SCHEMAS = {
    "fits": FITS_SCHEMA,
    "frontier": FRONTIER_SCHEMA,
    "claims": CLAIMS_SCHEMA,
    "spectrum": SPECTRUM_SCHEMA,
}


def table_schema(study, name):
    """The Arrow schema of one of the tables of a Study: a key of ``study.outputs.table_names``, or "shard"."""
    if name in SCHEMAS:
        return schema_of(SCHEMAS[name])
    words, text = parameter_words(study.model)
    if name == "order_parameters":
        types = {word: "str" if word in text else "float64" for word in words}
        return schema_of({"study": "str", "point": "str"} | types | part(study.model, "order_parameters").SCHEMA)
    return curves_schema(words, text)
