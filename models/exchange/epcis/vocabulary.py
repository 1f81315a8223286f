"""Words of the Core Business Vocabulary, and their long and short forms.

In JSON a standard word stands bare (``shipping``); its full form is a web URI, its old one a URN.

References
----------
GS1 Core Business Vocabulary 2.0, section 7; GS1 Web Vocabulary (types of measurement).
"""

from __future__ import annotations


def _words(text: str) -> tuple[str, ...]:
    return tuple(text.split())


STANDARD_TYPES = (
    "ObjectEvent",
    "AggregationEvent",
    "TransactionEvent",
    "TransformationEvent",
    "AssociationEvent",
)
ACTIONS = ("ADD", "OBSERVE", "DELETE")
BIZ_STEPS = _words(
    """accepting arriving assembling collecting commissioning consigning creating_class_instance
    cycle_counting decommissioning departing destroying disassembling dispensing encoding
    entering_exiting holding inspecting installing killing loading other packing picking receiving
    removing repackaging repairing replacing reserving retail_selling sampling sensor_reporting
    shipping staging_outbound stock_taking stocking storing transporting unloading unpacking
    void_shipping"""
)
DISPOSITIONS = _words(
    """active available completeness_inferred completeness_verified conformant container_closed
    container_open damaged destroyed dispensed disposed encoded expired in_progress in_transit
    inactive mismatch_class mismatch_instance mismatch_quantity needs_replacement
    no_pedigree_match non_conformant non_sellable_other partially_dispensed recalled reserved
    retail_sold returned sellable_accessible sellable_not_accessible stolen unavailable
    unknown"""
)
TRANSACTION_TYPES = _words(
    "bol cert desadv inv pedigree po poc prodorder recadv rma testprd testres upevt"
)
PARTY_TYPES = ("owning_party", "possessing_party", "location")
ERROR_REASONS = ("did_not_occur", "incorrect_data")
ALERTS = ("ALARM_CONDITION", "ERROR_CONDITION")
COMPONENTS = _words(
    """x y z axial_distance azimuth height spherical_radius polar_angle elevation_angle easting
    northing latitude longitude altitude"""
)
MEASUREMENTS = _words(
    """AbsoluteHumidity AbsorbedDose AbsorbedDoseRate Acceleration Altitude AmountOfSubstance
    AmountOfSubstancePerUnitVolume Angle AngularAcceleration AngularMomentum AngularVelocity Area
    Capacitance Conductance Conductivity Count Density Dimensionless DoseEquivalent
    DoseEquivalentRate DynamicViscosity ElectricCharge ElectricCurrent ElectricCurrentDensity
    ElectricFieldStrength Energy Exposure Force Frequency Illuminance Inductance Irradiance
    KinematicViscosity Length LinearMomentum Luminance LuminousFlux LuminousIntensity MagneticFlux
    MagneticFluxDensity MagneticVectorPotential Mass MassConcentration MassFlowRate
    MassPerAreaTime MemoryCapacity MolalityOfSolute MolarEnergy MolarMass MolarVolume Power
    Pressure RadiantFlux RadiantIntensity Radioactivity RelativeHumidity Resistance Resistivity
    SolidAngle SpecificVolume Speed SurfaceDensity SurfaceTension Temperature Time Torque Voltage
    Volume VolumeFlowRate VolumeFraction VolumetricFlux Wavenumber"""
)

CBV, VOC = "https://ref.gs1.org/cbv/", "https://gs1.org/voc/"
#: Words of a field, and what stands before each in its full and in its old form.
FORMS = {
    "bizStep": (BIZ_STEPS, f"{CBV}BizStep-", "urn:epcglobal:cbv:bizstep:"),
    "disposition": (DISPOSITIONS, f"{CBV}Disp-", "urn:epcglobal:cbv:disp:"),
    "bizTransaction": (TRANSACTION_TYPES, f"{CBV}BTT-", "urn:epcglobal:cbv:btt:"),
    "party": (PARTY_TYPES, f"{CBV}SDT-", "urn:epcglobal:cbv:sdt:"),
    "reason": (ERROR_REASONS, f"{CBV}ER-", "urn:epcglobal:cbv:er:"),
    "component": (COMPONENTS, f"{CBV}Comp-", f"{CBV}Comp-"),
    "measurement": (MEASUREMENTS, VOC, "gs1:"),
    "alert": (ALERTS, VOC, "gs1:"),
}


def full(field: str, word: str) -> str:
    """Return the full form of a standard word; any other word as it is.

    Parameters
    ----------
    field : str
        Of `FORMS`.
    word : str
    """
    words, web, _ = FORMS[field]
    return web + word if word in words else word


def bare(field: str, word: str) -> str:
    """Return the bare form of a standard word, however it is written; any other word as it is.

    Parameters
    ----------
    field : str
        Of `FORMS`.
    word : str
    """
    words, *starts = FORMS[field]
    for start in starts:
        if word.startswith(start) and word[len(start) :] in words:
            return word[len(start) :]
    return word
